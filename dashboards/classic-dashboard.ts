import * as sdk from '@grafana/grafana-foundation-sdk/dashboard'

/**
 * The classic model of a dashboard: the one that every Grafana from 11.6 on takes from files, and
 * that newer ones migrate when they load it.
 */
// eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is not yet taken from files
export type ClassicDashboard = sdk.Dashboard

export const classicDashboard = (title: string) =>
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- as above
  new sdk.DashboardBuilder(title)
