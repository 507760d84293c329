// Views of EXT_meshopt_compression as the browser's decoder reads them. Its one argument: a file of JSON, a list of
// [base64, count, stride, mode]; it prints the list of their bytes in base64.
import { readFileSync } from 'node:fs'
import { MeshoptDecoder } from 'three/examples/jsm/libs/meshopt_decoder.module.js'

await MeshoptDecoder.ready
const views = JSON.parse(readFileSync(process.argv[1], 'utf8'))
console.log(JSON.stringify(views.map(([packed, count, stride, mode]) => {
  const bytes = new Uint8Array(count * stride)
  MeshoptDecoder.decodeGltfBuffer(bytes, count, stride, Buffer.from(packed, 'base64'), mode)
  return Buffer.from(bytes).toString('base64')
})))
