// Modules that are merged into others would be missing from the list of third-party licences.
module.exports = { optimization: { concatenateModules: false } };
