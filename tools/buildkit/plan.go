// Plans Dockerfiles with BuildKit's own code, in the terms of `buildxray plan --format json`.
//
// Reads one request a line, and answers each with one line. Every image exists for every platform, and its environment is PATH only.
// compare.py builds it inside a checkout of BuildKit.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type request struct {
	Text            string            `json:"text"`
	BuildPlatform   string            `json:"build_platform"`
	TargetPlatforms []string          `json:"target_platforms"`
	BuildArgs       map[string]string `json:"build_args"`
	Target          string            `json:"target"`
}

type step struct {
	Kind     string   `json:"kind"`
	Line     int      `json:"line,omitempty"`
	Label    string   `json:"label"`
	Platform string   `json:"platform,omitempty"`
	Targets  []string `json:"targets"`
	Inputs   []int    `json:"inputs"`
	Env      []string `json:"env,omitempty"`
}

type plan struct {
	Error string `json:"error"`
	Steps []step `json:"steps"`
}

func main() {
	requests := json.NewDecoder(bufio.NewReader(os.Stdin))
	answers := json.NewEncoder(os.Stdout)
	for {
		var r request
		if requests.Decode(&r) != nil {
			return
		}
		_ = answers.Encode(planOf(r))
	}
}

func planOf(r request) (p plan) {
	defer func() {
		if problem := recover(); problem != nil {
			p = plan{Error: fmt.Sprint("panic: ", problem)}
		}
	}()
	indices := map[string]int{}
	for _, name := range r.TargetPlatforms {
		if err := p.add(r, platforms.Normalize(platforms.MustParse(name)), indices); err != nil {
			return plan{Error: err.Error()}
		}
	}
	return p
}

// add joins the steps for one target platform to the plan; steps of equal content are one.
func (p *plan) add(r request, target ocispecs.Platform, indices map[string]int) error {
	definition, err := definitionOf(r, target)
	if err != nil || definition == nil {
		return err
	}
	name := platforms.FormatAll(target)
	for _, content := range definition.Def {
		id := digest.FromBytes(content)
		var op pb.Op
		if err := op.UnmarshalVT(content); err != nil {
			return err
		}
		if op.Op == nil {
			continue
		}
		idx, known := indices[id.String()]
		if !known {
			idx = len(p.Steps)
			indices[id.String()] = idx
			p.Steps = append(p.Steps, stepOf(&op, id, definition, indices))
		}
		if targets := &p.Steps[idx].Targets; !slices.Contains(*targets, name) {
			*targets = append(*targets, name)
		}
	}
	return nil
}

func definitionOf(r request, target ocispecs.Platform) (*llb.Definition, error) {
	buildArgs := map[string]string{}
	for key, value := range r.BuildArgs {
		buildArgs[key] = value
	}
	buildContext := llb.Local("context", llb.LocalUniqueID("context"), llb.WithCustomName("[internal] load build context"))
	caps := pb.Caps.CapSet(pb.Caps.All())
	result, err := dockerfile2llb.Dockerfile2LLB(context.TODO(), []byte(r.Text), dockerfile2llb.ConvertOpt{
		Config: dockerui.Config{
			BuildArgs:              buildArgs,
			Target:                 r.Target,
			BuildPlatforms:         []ocispecs.Platform{platforms.Normalize(platforms.MustParse(r.BuildPlatform))},
			MultiPlatformRequested: len(r.TargetPlatforms) > 1,
		},
		LLBCaps:        &caps,
		MainContext:    &buildContext,
		MetaResolver:   registry{},
		SourceMap:      llb.NewSourceMap(nil, "Dockerfile", "Dockerfile", []byte(r.Text)),
		TargetPlatform: &target,
	})
	if err != nil || result.State.Output() == nil {
		return nil, err
	}
	return result.State.Marshal(context.TODO())
}

func stepOf(op *pb.Op, id digest.Digest, definition *llb.Definition, indices map[string]int) step {
	s := step{Label: definition.Metadata[id].Description["llb.customname"], Inputs: []int{}}
	switch it := op.Op.(type) {
	case *pb.Op_Source:
		s.Kind, s.Platform = "source", platformOf(op)
	case *pb.Op_Exec:
		s.Kind, s.Platform = "exec", platformOf(op)
		for _, variable := range it.Exec.Meta.Env {
			if !strings.HasPrefix(variable, "PATH=") {
				s.Env = append(s.Env, variable)
			}
		}
	case *pb.Op_File:
		s.Kind = "file"
	case *pb.Op_Merge:
		s.Kind = "merge"
	}
	for _, input := range op.Inputs {
		s.Inputs = append(s.Inputs, indices[input.Digest])
	}
	if definition.Source != nil && !strings.HasPrefix(s.Label, "[internal]") {
		for _, location := range definition.Source.Locations[id.String()].GetLocations() {
			for _, it := range location.Ranges {
				if line := int(it.Start.Line); s.Line == 0 || line < s.Line {
					s.Line = line
				}
			}
		}
	}
	return s
}

func platformOf(op *pb.Op) string {
	if op.Platform == nil {
		return ""
	}
	return platforms.FormatAll(ocispecs.Platform{
		OS: op.Platform.OS, Architecture: op.Platform.Architecture, Variant: op.Platform.Variant, OSVersion: op.Platform.OSVersion,
	})
}

type registry struct{}

func (registry) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	platform := *opt.ImageOpt.Platform
	config, err := json.Marshal(map[string]any{
		"architecture": platform.Architecture,
		"os":           platform.OS,
		"variant":      platform.Variant,
		"config":       map[string]any{"Env": []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []digest.Digest{digest.FromString("layer")}},
	})
	return ref, "", config, err
}
