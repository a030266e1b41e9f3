/** Every widget model and view a kernel can ask for by name. */
export * from './version';
export * from './canvas';
export * from './executionModel';
export * from './executionView';
export * from './registryModel';
export * from './registryView';
