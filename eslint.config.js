import eslint from '@eslint/js'
import tseslint from 'typescript-eslint'

const noNondeterminism = {
  'no-restricted-globals': ['error', 'fetch', 'setTimeout', 'setInterval', 'setImmediate'],
  'no-restricted-properties': [
    'error',
    {
      object: 'Date',
      property: 'now',
      message: 'Detectors are pure: take the time as an argument.',
    },
    { object: 'Math', property: 'random', message: 'Detectors are pure: take a seeded generator.' },
  ],
}

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'coverage', 'data', '.cache', '**/*.mjs', '**/*.js'] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 12],
      'max-params': ['error', 4],
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/dot-notation': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only core/config.ts reads the environment.',
        },
      ],
    },
  },
  {
    // Hot loops and pure statistics index typed arrays inside their own bounds.
    files: ['detectors/**/*.ts', 'ingest/columns.ts', 'ingest/column-*.ts', 'store/arrow-*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  // One frozen file a migration, as long as its schema.
  { files: ['store/migrations/*.ts'], rules: { 'max-lines': 'off' } },
  { files: ['detectors/**/*.ts'], rules: noNondeterminism },
  {
    files: ['core/config.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-console': 'off',
    },
  },
  { files: ['bin/**/*.ts', 'examples/**/*.ts'], rules: { 'no-console': 'off' } },
)
