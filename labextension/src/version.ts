/** Name and version under which kernels ask for this module; the version's one place is package.json. */
declare function require(path: string): { name: string; version: string };

// not an `import`: TypeScript would move its output one folder down to take package.json in
const data = require('../package.json');

export const MODULE_NAME = data.name;
export const MODULE_VERSION = data.version;
