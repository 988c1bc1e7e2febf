//go:build tools

// Package buildkit pins the programs that the tests build: buildx and the BuildKit daemon.
package buildkit

import (
	_ "github.com/docker/buildx/cmd/buildx"
	_ "github.com/moby/buildkit/cmd/buildkitd"
)
