/** What `dots data` can do, in the order of its help. */
export const actionNames = ['get', 'install', 'remove', 'activate', 'deactivate', 'capabilities'] as const;

/** One of the actions of `dots data`. */
export type DataAction = (typeof actionNames)[number];
