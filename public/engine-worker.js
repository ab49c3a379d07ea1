// The engine's own thread: the loop behind postMessage, and nothing else. With #whole it is ready when all of it is there.
import { engineLoop } from "./engine-loop.js";

const loop = engineLoop((envelope) => postMessage(envelope), new URL(import.meta.url).search, location.hash === "#whole");
addEventListener("message", (event) => loop.send(event.data));
