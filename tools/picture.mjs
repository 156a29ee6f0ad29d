// @ts-check
/** `node tools/picture.mjs IN.txt OUT.svg`: a terminal's text as a picture, for the README. Lines that begin with `$ ` are commands, `#` and `===` headings. */
import { readFileSync, writeFileSync } from "node:fs";

const [, , input = "", output = ""] = process.argv;
const lines = readFileSync(input, "utf8").trimEnd().split("\n");
const columns = 110;
const [charWidth, lineHeight, margin] = [7.8, 18, 18];
const width = Math.ceil(columns * charWidth + 2 * margin);
const height = lines.length * lineHeight + 2 * margin + 22;

/** @param {string} text */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
/** @param {string} line */
const colour = (line) =>
  line.startsWith("===") ? "#7ee0c3" : line.startsWith("$ ") ? "#ffffff" : line.startsWith("#") ? "#8b98a9" : "#c6d0dc";

const rows = lines.map((line, at) => {
  const cut = line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
  const y = margin + 22 + (at + 0.8) * lineHeight;
  const weight = line.startsWith("===") || line.startsWith("$ ") ? ' font-weight="600"' : "";
  return `<text x="${margin}" y="${y.toFixed(1)}" fill="${colour(line)}"${weight} xml:space="preserve">${escaped(cut)}</text>`;
});
const dots = ["#ff5f57", "#febc2e", "#28c840"].map(
  (fill, at) => `<circle cx="${margin + 6 + at * 18}" cy="${margin}" r="5.5" fill="${fill}"/>`,
);
writeFileSync(
  output,
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13">
<rect width="100%" height="100%" rx="10" fill="#121820"/>
${dots.join("\n")}
${rows.join("\n")}
</svg>
`,
);
