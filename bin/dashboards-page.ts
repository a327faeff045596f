import { stringify } from 'yaml'
import { alertRules } from '../dashboards/alert-rules.ts'
import { definitions } from '../dashboards/build.ts'
import { dashboard } from '../dashboards/layout.ts'
import { generatedNote } from './reference-pages.ts'

/** docs/reference/dashboards.md: each dashboard, its variables, and the question of each panel. */
export function dashboardsPage(): string {
  return `${generatedNote('dashboards/')}

# Dashboards

Seven dashboards for Grafana from 11.6 on, in \`deploy/grafana/dashboards\`; [how to install them](../how-to/grafana.md).
They lead from the whole to the part: a click on a model, feature or slice opens the dashboard of it with the same
time range. A window is shown at its end, when its numbers could first be known.

${definitions.map(chapter).join('\n\n')}
`
}

function chapter(definition: (typeof definitions)[number]): string {
  const { title = '', description = '', uid = '', templating } = dashboard(definition)
  const variables = (templating.list ?? []).map(
    ({ name, label, description: text }) => `| \`${name}\` | ${label ?? ''} | ${plain(text)} |`,
  )
  const panels = definition.sections.flatMap(({ title: section, lines }) =>
    lines.flatMap(({ panels: placed }) =>
      placed
        .flatMap(([column]) => ('build' in column ? [column] : column))
        .map((builder) => builder.build())
        .map((panel) => `| ${section} | ${panel.title ?? ''} | ${plain(panel.description)} |`),
    ),
  )
  return `## ${title.replace('Tidegauge / ', '')}

${description} Address: \`/d/${uid}\`.

| Variable | Label | What it chooses |
| --- | --- | --- |
${variables.join('\n')}

| Row | Panel | The question it answers |
| --- | --- | --- |
${panels.join('\n')}`
}

const plain = (text: string | undefined): string => (text ?? '').replaceAll('|', '\\|')

/** deploy/grafana/provisioning/alerting/tidegauge.yaml */
export const alertRulesFile = (): string =>
  `# Generated from dashboards/alert-rules.ts by \`npm run generate\`.\n${stringify(alertRules(), { lineWidth: 0 })}`
