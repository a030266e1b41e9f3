/** What the settings say to every view of a page; `labPlugins.ts` keeps it up to date. */
export const wishes = {
  /** The fewest seconds between two questions about an execution at AWS; 0: as the kernel finds right. */
  watchInterval: 0
};
