// The engine's own thread: the loop behind postMessage, and nothing else.
import { engineLoop } from "./engine-loop.js";

const loop = engineLoop((envelope) => postMessage(envelope), new URL(import.meta.url).search);
addEventListener("message", (event) => loop.send(event.data));
