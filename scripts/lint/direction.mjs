import { relative, sep } from 'node:path';
import { folderOf } from '../lib/folders.mjs';
import { importCycles, importGraph, targetOf } from '../lib/imports.mjs';
import { root } from '../lib/paths.mjs';

const pathOf = (file) => relative(root, file).split(sep).join('/');

/** Whether a folder may import a package; `node:net` is one of `node`, `undici/types` one of `undici`. */
function mayImportPackage({ packages }, source) {
  return packages === undefined || packages.some((name) => new RegExp(`^${name}(?:$|[/:])`).test(source));
}

/** A lazy folder is loaded by those beside it, when it is needed; its types cost nothing. */
function mayLoad({ path }, to, node) {
  const isLoadedLater = node.type === 'ImportExpression' || node.importKind === 'type';
  return isLoadedLater && to.path.startsWith(path.split('/')[0]);
}

/** What is wrong with an import, as a message of the rule and its data; undefined where nothing is. */
function objectionTo(node, source, path) {
  const from = folderOf(path);
  const target = targetOf(source, path);
  if (target === undefined) {
    return mayImportPackage(from, source) ? undefined : { messageId: 'package', data: { from: from.name, source } };
  }
  const to = folderOf(target);
  if (to === undefined) return { messageId: 'outside', data: { from: from.name, target } };
  if (to === from || from.imports.includes(to.name)) return undefined;
  if (to.lazy && mayLoad(from, to, node)) return undefined;
  const allowed = from.imports.join(', ') || 'nothing';
  return { messageId: to.lazy ? 'lazy' : 'folder', data: { from: from.name, to: to.name, allowed } };
}

/** Calls back with each import of a file: static, dynamic and type-only ones, and what is exported from elsewhere. */
function onImport(check) {
  const visit = (node) => {
    const source = node.source?.value;
    if (typeof source === 'string') check(node, source);
  };
  return {
    ImportDeclaration: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
    ImportExpression: visit,
  };
}

/** @type {import('eslint').Rule.RuleModule} */
export const direction = {
  meta: {
    type: 'problem',
    messages: {
      homeless: '{{path}} is in no known folder: add the folder and its directions to scripts/lib/folders.mjs.',
      outside: '{{from}} must not import {{target}}, which is in no folder of the product.',
      folder: '{{from}} must not import {{to}} (allowed: {{allowed}}).',
      lazy: '{{to}} is loaded on first use: {{from}} may only import its types, or use import().',
      package: '{{from}} must not import the package {{source}}.',
    },
  },
  create(context) {
    const path = pathOf(context.filename);
    if (folderOf(path) === undefined)
      return { Program: (node) => context.report({ node, messageId: 'homeless', data: { path } }) };
    return onImport((node, source) => {
      const objection = objectionTo(node, source, path);
      if (objection !== undefined) context.report({ node, ...objection });
    });
  },
};

/** The other files of the circle of imports that a file is in; one reading of all files serves all of them. */
const circleOf = (() => {
  let circles;
  return (path) => {
    circles ??= importCycles(importGraph());
    return circles.find((group) => group.includes(path)) ?? [];
  };
})();

/** @type {import('eslint').Rule.RuleModule} */
export const cycle = {
  meta: {
    type: 'problem',
    messages: { cycle: '{{path}} and {{target}} import each other, directly or by way of others: {{circle}}.' },
  },
  create(context) {
    const path = pathOf(context.filename);
    const circle = circleOf(path);
    return onImport((node, source) => {
      const target = targetOf(source, path);
      if (circle.includes(target))
        context.report({ node, messageId: 'cycle', data: { path, target, circle: circle.join(', ') } });
    });
  },
};
