// Lets Node 20 run this folder's TypeScript: `node --import ./random/typescript.mjs random/run.ts`.
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import ts from 'typescript';

const main = !new URL(import.meta.url).searchParams.has('hooks');
if (main) register(`${import.meta.url}?hooks`);

export async function resolve(specifier, context, next) {
  const bare = specifier.startsWith('.') && !/\.\w+$/.test(specifier);
  return next(bare ? `${specifier}.ts` : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(await readFile(new URL(url), 'utf8'), { compilerOptions });
  return { format: 'module', source: outputText, shortCircuit: true };
}
