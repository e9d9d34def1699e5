package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"careledger/cmd/careledger/internal/ledger"
)

// goesSomewhere refuses to write to a terminal what is not for people to read there.
func (e *exporting) goesSomewhere(out io.Writer) error {
	f, ok := out.(*os.File)
	if e.output() != "-" || !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	switch {
	case e.Kind == ledger.ExportStatementXLSX:
		return &ledger.Wrong{Err: errors.New("a workbook cannot be shown on a terminal; write it to a file with -o FILE")}
	case e.file == "":
		return &ledger.Wrong{Err: errors.New("write it to a file with -o FILE, or to the terminal with -o -")}
	}
	return nil
}

// asides are files that are on disk, whole, under names that do not count yet.
type asides []asideFile

type asideFile struct{ aside, path string }

// aside writes the files of an answer beside where they go. A file that is there with the same content needs none; one with other content
// is refused without --force.
func (e *exporting) aside(a *ledger.ExportAnswer) (files asides, err error) {
	if e.output() == "-" {
		return nil, nil
	}
	if e.dir != "" {
		if err := os.MkdirAll(e.dir, 0o700); err != nil {
			return nil, err
		}
	}
	for _, f := range a.Files {
		path := e.output()
		if e.dir != "" {
			path = filepath.Join(e.dir, f.Name)
		}
		if files, err = aside(files, path, f.Data, e.force); err != nil {
			return files, err
		}
	}
	return files, nil
}

var errOther = errors.New("is there with other content, and was kept; choose another name, or replace it with --force")

// sameFile says whether a file is there with this content; errOther if with another.
func sameFile(path string, b []byte) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%s is not a file; name one, or - for standard output", path)
	case info.Size() != int64(len(b)):
		return false, fmt.Errorf("%s %w", path, errOther)
	}
	there, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(there, b) {
		err = fmt.Errorf("%s %w", path, errOther)
	}
	return err == nil, err
}

// writeAside writes a file that only its owner can read, and returns its name when it is on disk.
func writeAside(path string, b []byte) (aside string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the directory %s is not there; make it first", filepath.Dir(path))
	}
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// keep gives the files their names, and returns when these are on disk.
func (files asides) keep() error {
	for _, f := range files {
		if err := os.Rename(f.aside, f.path); err != nil {
			return err
		}
	}
	for _, f := range files[:min(1, len(files))] { // all are in one directory
		d, err := os.Open(filepath.Dir(f.path))
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

// discard removes what has not got its name.
func (files asides) discard() {
	for _, f := range files {
		_ = os.Remove(f.aside) // it is gone where it was kept
	}
}
