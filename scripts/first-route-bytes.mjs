// Bytes that a browser loads for the first page, compressed with Brotli: the program, its glue and the style sheet.
// What is loaded for one page alone has a name of its own and is left out.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const folder = join(process.argv[2] ?? "target/site", "pkg");
const first = readdirSync(folder).filter((name) => /^postonce(\.[^.]+)?\.(js|wasm|css)$/.test(name));
const bytes = first.map((name) => brotliCompressSync(readFileSync(join(folder, name))).length);
console.log(bytes.reduce((sum, next) => sum + next, 0));
