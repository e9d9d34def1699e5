package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"careledger/cmd/careledger/internal/ledger"
	"careledger/cmd/careledger/internal/report"
)

// outputFile is the file that an answer goes to, if one is named. Its ending says what it holds.
type outputFile struct {
	path  string
	force bool
}

func (o *outputFile) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.path, "output", "o", "", "write the answer to a `file` that only you can read: .xlsx, .csv, .svg or .json")
	f.BoolVar(&o.force, "force", false, "replace a file that has other content")
}

// format returns what the file is to hold. asked is what --format says, "" where it was not given.
func (o *outputFile) format(asked string) (report.Format, error) {
	formats := map[string]report.Format{".xlsx": report.XLSX, ".csv": report.SwedishCSV, ".svg": report.SVG, ".json": report.JSON}
	ending := strings.ToLower(filepath.Ext(o.path))
	format, known := formats[ending]
	switch {
	case !known:
		return "", fmt.Errorf("-o %s: the ending says what to write; name a file that ends in .xlsx, .csv, .svg or .json", o.path)
	case asked == string(report.CSV) && format == report.SwedishCSV:
		return report.CSV, nil
	case asked != "" && asked != string(format):
		return "", fmt.Errorf("--format %s is not what -o %s holds; leave --format out (with --format csv a .csv file holds the plain rows)", asked, o.path)
	}
	return format, nil
}

// ask puts a question, and writes the answer to the file: whole, or not at all. A file that is there with other content is kept without --force.
func (o *outputFile) ask(cmd *cobra.Command, all *options, r ledger.Request) error {
	asked := ""
	if cmd.Flags().Changed("format") {
		asked = all.format
	}
	format, err := o.format(asked)
	if err != nil {
		return &ledger.Wrong{Err: err}
	}
	r.Format = string(format)
	r.GivenBy = append(r.GivenBy, "-o", o.path)
	var b bytes.Buffer
	cmd.SetOut(&b)
	if err := all.ask(cmd, r); err != nil {
		return err
	}
	files, err := aside(nil, o.path, b.Bytes(), o.force)
	defer files.discard()
	if err != nil {
		return err
	}
	if err := files.keep(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.ErrOrStderr(), "%s: written\n", o.path)
	return err
}

// givenBy returns the flags of those that were given.
func givenBy(cmd *cobra.Command, flags ...string) (words []string) {
	for _, name := range flags {
		if f := cmd.Flag(name); f.Changed {
			words = append(words, "--"+name, f.Value.String())
		}
	}
	return words
}

// aside adds a file to those that are on disk under names that do not count yet. One that is there with the same content needs none; one with
// other content is refused without force.
func aside(files asides, path string, data []byte, force bool) (asides, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	there, err := sameFile(path, data)
	switch {
	case err != nil && (!force || !errors.Is(err, errOther)):
		return files, err
	case there:
		return files, nil
	}
	name, err := writeAside(path, data)
	if err != nil {
		return files, err
	}
	return append(files, asideFile{name, path}), nil
}

// withoutPassword leaves out the user and password of a server's URL: a stamp is handed on, and the access log is kept.
func withoutPassword(words []string) []string {
	shown := make([]string, len(words))
	for i, word := range words {
		if shown[i] = word; i == 0 || words[i-1] != "--server" {
			continue
		}
		shown[i] = withoutUser(word)
	}
	return shown
}

// withoutUser leaves out the users and passwords of a list of servers' URLs.
func withoutUser(servers string) string {
	urls := strings.Split(servers, ",")
	for i, text := range urls {
		if u, err := url.Parse(text); err == nil && u.User != nil {
			u.User = nil
			urls[i] = u.String()
		}
	}
	return strings.Join(urls, ",")
}
