// The bytes of base64 text, with the browser's own way and without it.
const [, , weights] = process.argv;
const { fromBase64 } = await import(weights);
const bytes = Uint8Array.from({ length: 100_003 }, (_, i) => (i * 7919 + (i >> 8)) & 255);
const text = Buffer.from(bytes).toString("base64");
const own = Uint8Array.fromBase64;
let asked = 0;
const found = [];
for (const native of [null, (given) => (asked++, Uint8Array.from(Buffer.from(given, "base64")))]) {
  Uint8Array.fromBase64 = native ?? undefined;
  found.push(Buffer.compare(Buffer.from(fromBase64(text)), Buffer.from(bytes)) === 0);
}
Uint8Array.fromBase64 = own;
console.log(JSON.stringify({ found, asked }));
