// Serves a built page on a free loopback port, also under a sub-folder, as a teacher's site might.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm", ".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json",
  ".webmanifest": "application/manifest+json", ".yaml": "text/yaml; charset=utf-8", ".md": "text/markdown; charset=utf-8",
};

export const SUB_FOLDER = "/school/k8s/";

// -> {origin, requests: [paths asked for], close()}
export async function serve(dist) {
  const requests = [];
  const server = createServer(async (request, response) => {
    let path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    requests.push(path);
    if (path.startsWith(SUB_FOLDER)) path = path.slice(SUB_FOLDER.length - 1);
    if (path.endsWith("/")) path += "index.html";
    try {
      const body = await readFile(join(dist, normalize(path)));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream", "cache-control": "no-cache" });
      response.end(body);
    } catch {
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("not found");
    }
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { origin: `http://127.0.0.1:${server.address().port}`, requests, close: () => server.close() };
}
