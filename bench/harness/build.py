"""Finds the program of each contestant: builds what must be built, below the output folder alone; says in one word why
a contestant is skipped where its tool is not here."""
import os
import shutil
import subprocess

LIBRARIES = {  # of the contestants in C and C++: the header that must be there, and what is linked
    "boost": ("boost/fiber/all.hpp", ["-lboost_fiber", "-lboost_context"]),
    "context": ("boost/context/fiber.hpp", ["-lboost_context"]),
    "gomp": ("omp.h", ["-fopenmp"]),
    "libomp": ("omp.h", ["-fopenmp"]),
    "load": ("liburing.h", ["-luring"]),
    "st": ("st.h", ["-lst"]),
    "tbb": ("oneapi/tbb.h", ["-ltbb"]),
    "uring": ("liburing.h", ["-luring"]),
    "uv": ("uv.h", ["-luv"]),
}
COMPILERS = {"gomp": ("gcc", "g++"), "libomp": ("clang", "clang++")}  # where it is the compiler's library
SOURCES = {"gomp": "openmp", "libomp": "openmp"}  # where the file is not named after the tool
SUFFIXES = (".c", ".cpp", ".go", ".rs", ".py", ".js")
INTERPRETERS = {".py": "python3", ".js": "node"}
OFFLINE = ("failed to download", "Could not resolve host", "Couldn't resolve host", "unable to update registry",
           "Unable to update registry", "failed to fetch")
NO_CGO = ("no Go source files", 'C compiler "')  # what go says of a file with C in it where there is no C compiler
OLD = ("lock file version", "is not in GOROOT", "requires rustc")


class Skip(Exception):
    """One word why."""


class Failure(Exception):
    """A program that should have been built was not."""


class Builder:
    def __init__(self, here, builddir, out, say):
        self.here, self.builddir, self.out, self.say = here, builddir, out, say
        self.results = {}  # source and tool -> command, Skip or Failure

    def prepare(self, benchmark, contestant):
        """Sets the contestant's program and driver, or says why there is none."""
        try:
            driver = self.program(benchmark, benchmark.driver) if benchmark.driver else []
            contestant.driver, contestant.program = driver, self.program(benchmark, contestant.tool)
        except Skip as word:
            contestant.skip(str(word))
        except Failure as why:
            contestant.fail(str(why))

    def program(self, benchmark, tool):
        if "." in tool:
            sources = [(self.here if "/" in tool else benchmark.folder) / tool]
        else:
            sources = [benchmark.folder / (SOURCES.get(tool, tool) + suffix) for suffix in SUFFIXES]
        source = next((s for s in sources if s.exists()), None)
        if source is None:
            if benchmark.driver:
                return [tool]  # the driver knows what that is
            raise Skip("unwritten")
        if (source, tool) not in self.results:
            try:
                self.results[source, tool] = self.build(benchmark, source, tool)
            except (Skip, Failure) as why:
                if isinstance(why, Failure):
                    self.say(f"bench/run: {source.relative_to(self.here)}: {why}")
                self.results[source, tool] = why
        result = self.results[source, tool]
        if isinstance(result, Exception):
            raise result
        return result

    def build(self, benchmark, source, tool):
        suffix = source.suffix
        if suffix in INTERPRETERS:
            return [need(INTERPRETERS[suffix]), str(source)]
        target = self.out / source.parent.name / tool.rpartition("/")[2].partition(".")[0]
        target.parent.mkdir(parents=True, exist_ok=True)
        if suffix == ".go":
            self.run([need("go"), "build", "-o", target, source.relative_to(self.here)])
        elif suffix == ".rs":
            self.run([need("cargo"), "build", "--release", "--locked", "--quiet", "--bin", benchmark.name,
                      "--target-dir", self.out / "cargo"])
            target = self.out / "cargo/release" / benchmark.name
        else:
            self.compile(source, target)
        return [str(target)]

    def compile(self, source, target):
        plain_c, tool = source.suffix == ".c", target.name
        usual = os.environ.get("CC", "cc"), os.environ.get("CXX", "c++")
        compiler = need(COMPILERS.get(tool, usual)[0 if plain_c else 1])
        standard = "-std=gnu11" if plain_c else "-std=c++17"
        command = [compiler, standard, "-O2", "-g", "-I", self.here, source, "-o", target]
        inputs = [source, *source.parent.glob("*.h"), *self.here.glob("*.h")]
        if tool == "hob":
            library = self.library()
            command += ["-I", self.here.parent / "include", library, "-luring", "-lcares"]
            inputs += [library, *self.here.parent.glob("include/**/*.h")]
        elif tool in LIBRARIES:
            header, libraries = LIBRARIES[tool]
            probe = [compiler, "-E", "-x", "c" if plain_c else "c++", "-"]
            if subprocess.run(probe, input=f"#include <{header}>\n", capture_output=True, text=True).returncode:
                raise Skip("absent")
            command += libraries
        if not target.exists() or target.stat().st_mtime <= max(i.stat().st_mtime for i in inputs):
            self.run(command + ["-pthread", "-lm"])

    def library(self):
        found = sorted(self.builddir.rglob("libhob.a")) if self.builddir.is_dir() else []
        if not found:
            raise Skip("unbuilt")
        return found[0]

    def run(self, command):
        words = [str(c) for c in command]
        shown = [os.path.basename(words[0]), *(os.path.relpath(w) if os.path.isabs(w) else w for w in words[1:])]
        self.say("bench/run: " + " ".join(shown))
        done = subprocess.run(words, cwd=self.here, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode == 0:
            return
        if any(sign in done.stdout for sign in OFFLINE):
            raise Skip("offline")
        if any(sign in done.stdout for sign in NO_CGO):
            raise Skip("absent")
        if any(sign in done.stdout for sign in OLD):
            raise Skip("old")
        raise Failure("cannot be built\n" + "\n".join(done.stdout.splitlines()[-15:]))


def need(tool):
    path = shutil.which(tool)
    if path is None:
        raise Skip("absent")
    return path
