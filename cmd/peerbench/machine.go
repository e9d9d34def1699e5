package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machine describes what the figures were measured on.
func machine(root string) string {
	about := []string{time.Now().UTC().Format("2006-01-02 15:04 UTC")}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil { // figures of a machine that had other things to do are worth less
		about = append(about, "load average before the run "+strings.Join(strings.Fields(string(text))[:3], " "))
	}
	cpu := field("/proc/cpuinfo", "model name")
	memory, _ := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64)
	about = append(about, fmt.Sprintf("%s, %d cores, %.0f GiB memory, %s/%s", cpu, runtime.NumCPU(), float64(memory)/(1<<20), runtime.GOOS, runtime.GOARCH), runtime.Version())
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			switch m.Path {
			case "github.com/duckdb/duckdb-go/v2", "github.com/jackc/pgx/v5", "github.com/hallgren/eventsourcing", "go.etcd.io/bbolt", "github.com/nats-io/nats-server/v2":
				about = append(about, m.Path+" "+m.Version)
			}
		}
	}
	if bin, err := postgresBinaries(); err == nil {
		if out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output(); err == nil {
			about = append(about, strings.TrimSpace(string(out)))
		}
	}
	if out, err := exec.Command("git", "-C", root, "describe", "--always", "--dirty").Output(); err == nil {
		about = append(about, "careledger "+strings.TrimSpace(string(out)))
	}
	return strings.Join(about, "; ")
}

// field returns the value of the first line of a file of /proc that begins with a name.
func field(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		if k, v, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// resetPeak makes a process's peak memory what it holds now (proc(5), clear_refs).
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

// peak is the most resident memory of a process since the last resetPeak, in bytes.
func peak(pid int) (int64, error) {
	return kilobytes(fmt.Sprintf("/proc/%d/status", pid), "VmHWM")
}

func kilobytes(path, name string) (int64, error) {
	kb, err := strconv.ParseInt(strings.TrimSuffix(field(path, name), " kB"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %s: %w", path, name, err)
	}
	return kb << 10, nil
}

// proportional is the memory of a process and its children, what they share counted once (proc(5), Pss). A process that ends meanwhile counts
// for nothing.
func proportional(pid int) (sum int64) {
	kb, err := kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss")
	if err == nil {
		sum = kb
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return sum
	}
	for _, child := range strings.Fields(string(children)) {
		if id, err := strconv.Atoi(child); err == nil {
			sum += proportional(id)
		}
	}
	return sum
}

// watch samples the memory of a process and its children until stopped, and then returns the most it saw, in bytes.
func watch(pid int) (stop func() int64) {
	done, result := make(chan struct{}), make(chan int64)
	go func() {
		most := proportional(pid)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				most = max(most, proportional(pid))
			case <-done:
				result <- max(most, proportional(pid))
				return
			}
		}
	}()
	return func() int64 { close(done); return <-result }
}

// run is a whole process: how long it took and the most memory it held.
type run struct {
	Seconds float64
	Peak    int64 // bytes resident, as wait4 reports it
}

// whole runs a command to its end, with its standard output into out.
func whole(cmd *exec.Cmd) (run, error) {
	var errors bytes.Buffer
	cmd.Stderr = &errors
	start := time.Now()
	err := cmd.Run()
	r := run{Seconds: time.Since(start).Seconds()}
	if err != nil {
		return r, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, errors.Bytes())
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.Peak = usage.Maxrss << 10
	}
	return r, nil
}

// diskBytes is what the files under a path take on disk.
func diskBytes(path string) (sum int64, err error) {
	err = filepath.WalkDir(path, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		sum += info.Sys().(*syscall.Stat_t).Blocks * 512
		return nil
	})
	return sum, err
}
