// Tells, as JSON, how it was started and what it sees: the test of an image compares two of these.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

// Made by whoever starts the container, so they say nothing about the image.
var others = []string{"/proc", "/sys", "/dev", "/run/.containerenv", "/.dockerenv", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "check" {
		if _, err := os.ReadFile(os.Args[2]); err != nil {
			os.Exit(1)
		}
		return
	}
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGQUIT)
	cwd, _ := os.Getwd()
	groups, _ := os.Getgroups()
	sort.Ints(groups)
	env := os.Environ()
	sort.Strings(env)
	said := map[string]any{
		"args": os.Args, "cwd": cwd, "env": env, "groups": groups, "files": files(),
		"user": fmt.Sprintf("%d:%d, acting as %d:%d", os.Getuid(), os.Getgid(), os.Geteuid(), os.Getegid()),
	}
	text, _ := json.Marshal(said)
	fmt.Println(string(text))
	if len(os.Args) > 1 && os.Args[1] == "wait" {
		fmt.Println((<-stopped).String())
		os.Exit(7)
	}
}

func files() []string {
	var found []string
	filepath.WalkDir("/", func(path string, entry fs.DirEntry, err error) error {
		for _, other := range others {
			if path == other || strings.HasPrefix(path, other+"/") {
				return nil
			}
		}
		if err != nil {
			found = append(found, path+": "+fmt.Sprint(err != nil))
			return nil
		}
		var stat syscall.Stat_t
		syscall.Lstat(path, &stat)
		line := fmt.Sprintf("%s: %o %d:%d", path, stat.Mode, stat.Uid, stat.Gid)
		if entry.Type()&fs.ModeSymlink != 0 {
			target, _ := os.Readlink(path)
			line += " -> " + target
		} else if entry.Type().IsRegular() {
			bytes, err := os.ReadFile(path)
			line += fmt.Sprintf(" %v %d %x", err == nil, len(bytes), sha256.Sum256(bytes))
		}
		found = append(found, line)
		return nil
	})
	return found
}
