/** What `dots data` can do, in the order of its help. */
export const actionNames = ['get', 'install', 'remove', 'activate', 'deactivate', 'refresh', 'capabilities'] as const;

/** What may follow each action, for completion. */
export const actionWords: Readonly<Record<DataAction, readonly string[] | 'file'>> = {
  get: ['aliases', 'acls', 'vendor-mapping', 'own-vendor-mapping', 'capabilities'],
  install: 'file',
  remove: ['alias', 'acl', 'own-vendor-mapping', 'client'],
  activate: [],
  deactivate: [],
  refresh: [],
  capabilities: [],
};

/** One of the actions of `dots data`. */
export type DataAction = (typeof actionNames)[number];
