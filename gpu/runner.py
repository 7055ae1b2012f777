"""Programs that are watched line by line, and results that are written after every figure."""
import json
import os
import queue
import signal
import subprocess
import threading
import time


class Failed(Exception):
    """A program did not do what it should."""


class Cut(Exception):
    """A step's time was over."""


def lines(words, deadline, env=None):
    """The lines a program prints, as they come; when it ends badly, `Failed` with what it said. At the deadline it is interrupted, as by
    Ctrl-C, given a little time to say what it has done, and then killed; what it prints meanwhile comes too, and then `Cut`."""
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, start_new_session=True
        )
    except OSError as error:
        raise Failed(f"{words[0]}: {error.strerror}") from None
    found, said = queue.Queue(), []
    readers = [
        threading.Thread(target=lambda: [found.put(line) for line in process.stdout] + [found.put(None)], daemon=True),
        threading.Thread(target=lambda: said.extend(process.stderr), daemon=True),
    ]
    for reader in readers:
        reader.start()
    cut, end = False, deadline
    try:
        while True:
            try:
                line = found.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                if cut:
                    break
                cut, end = True, time.monotonic() + 4
                stop(process, signal.SIGINT)
                continue
            if line is None:
                break
            yield line.rstrip("\n")
        try:
            process.wait(timeout=max(0.1, end - time.monotonic()) if cut else 5)
        except subprocess.TimeoutExpired:
            pass
    finally:
        stop(process, signal.SIGKILL)
        process.wait()
    readers[1].join(timeout=1)
    text = "".join(said).strip()
    if cut:
        raise Cut(text[-1000:] or "its time was over")
    if process.returncode != 0:
        raise Failed(f"{os.path.basename(words[0])} {words[1]}: {text[-1000:] or f'exit code {process.returncode}'}")


def stop(process, how):
    """Signals a program and what it has started."""
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        pass


def figures(words, deadline):
    """The lines of JSON that a program prints."""
    for line in lines(words, deadline):
        try:
            yield json.loads(line)
        except ValueError:
            raise Failed(f"{os.path.basename(words[0])} {words[1]} printed what is no figure: {line[:200]}") from None


class Results:
    """What is known so far, in results.json and, once a step is over, results.txt."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.known = {"began": time.strftime("%Y-%m-%d %H:%M:%S"), "steps": []}
        self.write()

    def begin(self, name):
        self.start = time.monotonic()
        self.step = {"name": name, "status": "running", "figures": [], "wrong": []}
        self.known["steps"].append(self.step)
        print(f"== {name}", flush=True)
        self.write()

    def figure(self, **figure):
        self.step["figures"].append(figure)
        self.write()
        words = (f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in figure.items())
        print("   " + ", ".join(words), flush=True)

    def wrong(self, what):
        self.step["wrong"].append(what)
        self.write()
        print(f"   WRONG: {what}", flush=True)

    def end(self, status):
        self.step["status"], self.step["seconds"] = status, round(time.monotonic() - self.start, 1)
        print(f"   {status}, {self.step['seconds']} s", flush=True)
        self.write()
        self.text()

    def close(self, seconds):
        self.known["seconds"] = round(seconds, 1)
        self.write()
        self.text()

    def passed(self):
        """Whether everything that ran is right. What was cut short says so and is no failure, but for the golden cases."""
        bad = lambda step: step["wrong"] or step["status"].startswith("failed") and step["name"] not in ("torch", "candle")
        return not any(bad(step) or step["name"] == "golden" and step["status"] != "done" for step in self.known["steps"])

    def table(self):
        rows = ["", "| step | seconds | |", "| --- | --- | --- |"]
        for step in self.known["steps"]:
            wrong = f"; {len(step['wrong'])} wrong" if step["wrong"] else ""
            status = step["status"].splitlines()[0][:150] if step["status"] else ""
            rows.append(f"| {step['name']} | {step.get('seconds', '')} | {status}{wrong} |")
        rows += [f"WRONG: {step['name']}: {what}" for step in self.known["steps"] for what in step["wrong"]]
        rows += [f"for RESULTS.md: {line}" for step in self.known["steps"] for line in step.get("lines", [])]
        return "\n".join(rows) + "\n"

    def text(self):
        self.replace("results.txt", self.table())

    def write(self):
        self.replace("results.json", json.dumps(self.known, indent=1))

    def replace(self, name, text):
        """A kill finds the old file or the new one."""
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.replace(path + ".new", path)
