// How long npm's ipfs-unixfs-importer takes for one file: prints JSON with the seconds and the CID.
import { createReadStream } from 'node:fs'
import { importer } from 'ipfs-unixfs-importer'

const dropped = { put: async cid => cid }
const began = performance.now()
const content = createReadStream(process.argv[1], { highWaterMark: 1024 * 1024 })
let cid = ''
for await (const entry of importer([{ content }], dropped, { profile: 'unixfs-v1-2025' })) cid = entry.cid.toString()
console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000, cid }))
