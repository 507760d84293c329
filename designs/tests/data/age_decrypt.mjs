// Decrypts by npm's age-encryption, which shares no code with what encrypted. Its arguments: an identity, the
// encrypted file, the file to write.
import { readFileSync, writeFileSync } from 'node:fs'
import { Decrypter } from 'age-encryption'

const [identity, source, target] = process.argv.slice(1)
const decrypter = new Decrypter()
decrypter.addIdentity(identity)
writeFileSync(target, await decrypter.decrypt(new Uint8Array(readFileSync(source))))
