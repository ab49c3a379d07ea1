// Which places of a probed module were come to: each exported global `ran:N` has 32 of them as bits.

// exports -> numbers
export function placesOf(exports) {
  const places = [];
  for (const [name, global] of Object.entries(exports)) {
    if (!name.startsWith("ran:")) continue;
    for (let bit = 0; bit < 32; bit += 1) if ((global.value >>> bit) & 1) places.push(Number(name.slice(4)) * 32 + bit);
  }
  return places;
}
