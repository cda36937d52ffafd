// `npm run docs`: writes docs/api, one page a package and one a namespace, from the docstrings.
import { fileURLToPath } from 'node:url';
import { Application, Converter, ReflectionKind } from 'typedoc';

const root = fileURLToPath(new URL('../..', import.meta.url)).slice(0, -1);
const packages = { core: '@mamba-ts/core', forecast: '@mamba-ts/forecast', server: '@mamba-ts/server' };

const app = await Application.bootstrapWithPlugins({
  plugin: ['typedoc-plugin-markdown', `${root}/scripts/docs/theme.mjs`],
  theme: 'short',
  tsconfig: `${root}/scripts/docs/tsconfig.json`,
  entryPoints: Object.keys(packages).map((name) => `${root}/packages/${name}/src/index.ts`),
  basePath: root,
  out: `${root}/docs/api`,
  // `npm run types` checks them.
  skipErrorChecking: true,
  logLevel: 'Warn',
  name: 'API',
  readme: 'none',
  disableSources: true,
  excludePrivate: true,
  excludeProtected: true,
  excludeInternal: true,
  sort: ['alphabetical'],
  router: 'module',
  excludeScopesInPaths: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandParameters: true,
  expandObjects: true,
  useHTMLAnchors: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
});
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.kind === ReflectionKind.Module) reflection.name = nameOf(reflection.name);
    for (const part of reflection.comment?.summary ?? []) if (part.kind === 'text') part.text = fenced(part.text);
  }
});
const project = await app.convert();
if (!project) process.exit(1);
await app.generateOutputs(project);
if (app.logger.hasErrors()) process.exit(1);

/** `packages/core/src` is called by its package's name. */
function nameOf(path) {
  const [, folder] = /^packages\/(\w+)\/src$/.exec(path) ?? [];
  return packages[folder] ?? path;
}

/** Docstrings indent equations and examples by two spaces after an empty line; Markdown wants a fence. */
function fenced(text) {
  return text.replace(/(^|\n\n)((?: {2,}\S.*(?:\n+(?= {2})|\n|$))+)/g, (_, before, block) => {
    const code = block.trimEnd().replace(/^ {2}/gm, '');
    const language = /\b(await|const|import|new|for)\b/.test(code) ? 'ts' : 'text';
    return `${before}\`\`\`${language}\n${code}\n\`\`\`\n`;
  });
}
