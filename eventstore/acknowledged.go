package eventstore

import "path/filepath"

// Acknowledged returns the head up to which a data directory's log of an authority has been acknowledged, as its witness says, without opening
// the log: for who waits for it to move on, while others have it open. The error is fs.ErrNotExist where there is no such log.
func Acknowledged(dir, authority string) (Head, error) {
	return readWitness(filepath.Join(dir, "witness", careLog(authority).file()+headSuffix))
}
