// Trees by npm's @openzeppelin/merkle-tree. Its one argument: JSON, a list of lists of rows [version, key, value, salt];
// it prints for each its root, and of each row its leaf hash and its proof.
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'

const trees = JSON.parse(process.argv[1]).map(rows => {
  const tree = StandardMerkleTree.of(rows, ['uint16', 'string', 'bytes', 'bytes32'])
  return { root: tree.root, leaves: rows.map(row => tree.leafHash(row)), proofs: rows.map((_row, at) => tree.getProof(at)) }
})
console.log(JSON.stringify(trees))
