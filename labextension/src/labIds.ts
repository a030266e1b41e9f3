/** The names of commands, in one place: the settings schema (menus, shortcuts) has the same ones. */
export const LAB = {
  panel: 'sm-pipelines:panel',
  newCell: 'sm-pipelines:new-cell',
  importFile: 'sm-pipelines:import',
  show: 'sm-pipelines:show',
  run: 'sm-pipelines:run',
  watch: 'sm-pipelines:watch',
  open: 'sm-pipelines:open',
  stop: 'sm-pipelines:stop',
  copyArn: 'sm-pipelines:copy-arn',
  startUnseen: 'sm-pipelines:start-unseen',
  wake: 'sm-pipelines:start-engine',
  refresh: 'sm-pipelines:refresh'
} as const;

export const PANEL_ID = 'sm-pipelines-panel';
