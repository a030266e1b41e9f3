/** How serious a log line is: levels are recognised, not words. The twin of `sm_pipeline_widgets/execution/log_levels.py`. */

/** As the kernel counts them. */
export const LEVELS = { debug: 0, info: 1, warning: 2, error: 3 } as const;

const HEAD = 200;
// eslint-disable-next-line no-control-regex
const ANSI = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]/g;
const NAMED = `["']?(?:level|levelname|severity|log_level|lvl)["']?\\s*[:=]\\s*["']?`;
const anyCase = (word: string) => [...word].map(letter => `[${letter}${letter.toUpperCase()}]`).join('');
const words = (...all: string[]) => `(?:${all.map(anyCase).join('|')})`;
const ERROR = new RegExp(
  '\\b(?:ERROR|CRITICAL|FATAL|SEVERE|PANIC)\\b' +
    `|${NAMED}${words('err', 'error', 'critical', 'fatal', 'severe', 'panic')}\\b` +
    '|^Traceback \\(|^(?:[A-Za-z_]\\w*\\.)*[A-Z]\\w*(?:Error|Exception)(?::|$)|^(?:error|fatal): |^[EF]\\d{4} \\d\\d:'
);
const WARNING = new RegExp(
  `\\bWARN(?:ING)?\\b|${NAMED}${words('warn', 'warning')}\\b` +
    '|^\\S+:\\d+: [A-Z]\\w*Warning:|^[A-Z]\\w*Warning:|^warning: |^W\\d{4} \\d\\d:'
);
const DEBUG = new RegExp(`\\b(?:DEBUG|TRACE)\\b|${NAMED}${words('debug', 'trace')}\\b`);

/** The level that a line on its own tells. */
export function levelOf(text: string): number {
  const head = text
    .slice(0, HEAD + 60)
    .replace(ANSI, '')
    .slice(0, HEAD);
  if (ERROR.test(head)) {
    return LEVELS.error;
  }
  if (WARNING.test(head)) {
    return LEVELS.warning;
  }
  return DEBUG.test(head) ? LEVELS.debug : LEVELS.info;
}
