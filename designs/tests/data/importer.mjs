// CIDs by npm's ipfs-unixfs-importer. Its one argument: JSON, a list of [content, size, chunk bytes, links a node];
// it prints the list of CIDs. Where the last two are null, the profile's own count. Blocks are dropped as they come, so that a gibibyte fits.
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'

const PIECE = 1024 * 1024
const dropped = { put: async cid => cid }

async function * bytes (content, size) {
  for (let start = 0; start < size; start += PIECE) {
    const piece = new Uint8Array(Math.min(PIECE, size - start))
    if (content === 'pattern') {
      for (let at = 0; at < piece.length; at++) {
        const i = start + at
        piece[at] = i * 131 + (i >>> 8) * 17 + (i >>> 20) * 29 + 7
      }
    }
    yield piece
  }
}

const cids = []
for (const [content, size, chunkSize, maxChildrenPerNode] of JSON.parse(process.argv[1])) {
  const options = {
    profile: 'unixfs-v1-2025',
    chunker: chunkSize === null ? undefined : fixedSize({ chunkSize }),
    layout: maxChildrenPerNode === null ? undefined : balanced({ maxChildrenPerNode })
  }
  for await (const entry of importer([{ content: bytes(content, size) }], dropped, options)) {
    cids.push(entry.cid.toString())
  }
}
console.log(JSON.stringify(cids))
