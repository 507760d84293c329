// Thins a mesh by npm's meshoptimizer. Its arguments: a file of corners (three float32 each), a file of triangles (three
// uint32 each), and how many triangles to leave. Prints those left, as uint32.
import { readFileSync } from 'node:fs'
import { MeshoptSimplifier } from 'meshoptimizer/simplifier'

const [corners, triangles, count] = process.argv.slice(1)
const read = (path) => new Uint8Array(readFileSync(path)).buffer
await MeshoptSimplifier.ready
const [left] = MeshoptSimplifier.simplify(
  new Uint32Array(read(triangles)),
  new Float32Array(read(corners)),
  3,
  3 * Number(count),
  1
)
process.stdout.write(new Uint8Array(left.buffer, left.byteOffset, left.byteLength))
