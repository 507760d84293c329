/** model-viewer expects this decoder as a global of a classic script; three ships it as a module. */
import { MeshoptDecoder } from "three/examples/jsm/libs/meshopt_decoder.module.js";

Object.assign(globalThis, { MeshoptDecoder });
