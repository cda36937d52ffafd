// The packages in bundles for servers, as Next.js and esbuild make them, as ECMAScript modules and as CommonJS:
// marked as external they run; bundled, they say what to mark.
import { build } from 'esbuild';
import { check, expectEqual, start, user, write } from './project.mjs';

const PROGRAMS = {
  'the forecaster': `import { loadForecaster } from '@mamba-ts/forecast';
loadForecaster().then(async (forecaster) => {
  const { median } = await forecaster.forecast([1, 2, 3, 4, 5, 6, 7, 8], { horizon: 1 });
  console.log(Math.round(median[0]));
  forecaster.dispose();
});
`,
  'the WASM backend': `import { openBackend } from 'mamba-ts';
openBackend('wasm', { threads: 2 }).then(async (backend) => {
  console.log((await backend.tensor([9], [1]).data())[0]);
  backend.dispose();
});
`,
};

export async function checkServerBundles() {
  for (const [what, program] of Object.entries(PROGRAMS))
    for (const format of ['esm', 'cjs']) {
      await check(`${what} in a ${format} bundle, the packages external`, async () => {
        const { status, stdout, stderr } = await bundled(program, format, ['mamba-ts', '@mamba-ts/*']);
        if (status !== 0) throw new Error(stderr);
        expectEqual('what it printed', stdout.trim(), '9');
      });
      await check(`${what} in a ${format} bundle, the packages inside: it says what to do`, async () => {
        const { status, stderr } = await bundled(program, format, []);
        if (status === 0 || !stderr.includes('--external:@mamba-ts/*')) throw new Error(`it wrote ${stderr}`);
      });
    }
}

/** Bundles a program, and runs it. */
async function bundled(program, format, external) {
  write('server.mjs', program);
  const outfile = `${user}/bundle.${format === 'esm' ? 'mjs' : 'cjs'}`;
  const options = { bundle: true, platform: 'node', target: 'node20', logLevel: 'silent', outfile };
  await build({ ...options, entryPoints: [`${user}/server.mjs`], format, external });
  return start(process.execPath, [outfile]);
}
