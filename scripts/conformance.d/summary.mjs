// Tells what a report of the conformance suite holds: node summary.mjs REPORT. The exit status is 1 if a test failed.
import { readFileSync } from "node:fs";

const { results, summary } = JSON.parse(readFileSync(process.argv[2]));
const areas = {};
for (const { testId, status } of results) {
  const area = (areas[testId.split("/")[0]] ??= { pass: 0, fail: 0, skip: 0 });
  area[status] += 1;
}
console.table(areas);
for (const { testId, status, required, rfc, section, error } of results) {
  if (status !== "pass") {
    const kind = required ? "" : " (recommended)";
    console.log(`${status}${kind}: ${testId}, ${rfc} §${section}: ${(error ?? "").split("\n")[0]}`);
  }
}
console.log(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`);
process.exit(summary.failed > 0 ? 1 : 0);
