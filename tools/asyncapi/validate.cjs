// Validates an AsyncAPI document with the official parser: node validate.cjs FILE
// NODE_PATH names the node_modules with the parser. The exit status is 1 if there is an error or a warning.
const { readFileSync } = require('node:fs');
const { Parser } = require('@asyncapi/parser');

const SEVERITIES = ['error', 'warning', 'information', 'hint'];
const ACCEPTED = [
  'asyncapi-latest-version', // 3.0 is what the tools that read the document know
];

async function main(file) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'));
  const found = diagnostics.filter(({ code }) => !ACCEPTED.includes(code));
  for (const { severity, range, path, message } of found) {
    console.error(`${file}:${range.start.line + 1}: ${SEVERITIES[severity]}: ${path.join('.')}: ${message}`);
  }
  if (!document || found.some(({ severity }) => severity <= 1)) {
    process.exitCode = 1;
    return;
  }
  const counts = ['channels', 'operations', 'messages'].map((kind) => `${document[kind]().length} ${kind}`);
  console.log(`${file}: valid AsyncAPI ${document.version()}: ${counts.join(', ')}`);
}

main(process.argv[2]);
