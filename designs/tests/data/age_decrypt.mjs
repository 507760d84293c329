// Decrypts by npm's age-encryption, which shares no code with what encrypted. Its arguments: a file of
// identities as the age command takes it, the encrypted file, the file to write.
import { readFileSync, writeFileSync } from 'node:fs'
import { Decrypter } from 'age-encryption'

const [key, source, target] = process.argv.slice(1)
const decrypter = new Decrypter()
for (const line of readFileSync(key, 'utf8').split(/\r?\n/)) {
  if (line && !line.startsWith('#')) decrypter.addIdentity(line)
}
writeFileSync(target, await decrypter.decrypt(new Uint8Array(readFileSync(source))))
