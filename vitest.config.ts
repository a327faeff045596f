import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/kafka-shared-setup.ts'],
    setupFiles: ['test/support/fast-check.ts'],
    // Each file gets a process of its own: the embedded engine is one per process.
    pool: 'forks',
    // The default leaves one core idle.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { include: ['detectors/**', 'alerts/decide.ts'] },
  },
})
