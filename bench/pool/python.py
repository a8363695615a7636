# pool: calls to a worker process, 64 bytes in and 64 out: one after the other, after a rest each, and 64 at once. By
# concurrent.futures.ProcessPoolExecutor, or by multiprocessing.Pool. python.py 1 MS executor|pool
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor

RESTS = 200
BURST = 64
DATA = bytes(64)


def echo(data):
    return data


def timed(call, budget):
    calls = 0
    start = time.monotonic()
    while (took := time.monotonic() - start) < budget:
        calls += call()
    return took * 1e6 / calls


def one(submit):
    submit().wait()
    return 1


def burst(submit):
    waiting = [submit() for _ in range(BURST)]
    for each in waiting:
        each.wait()
    return BURST


class Future:
    def __init__(self, future):
        self.wait = future.result


def measure(submit):
    budget = int(sys.argv[2]) / 1000
    one(submit)
    print(f"trip {timed(lambda: one(submit), budget):.6g} us")
    print(f"burst64 {timed(lambda: burst(submit), budget):.6g} us")
    took = 0
    for _ in range(RESTS):
        time.sleep(0.001)
        start = time.monotonic()
        one(submit)
        took += time.monotonic() - start
    print(f"trip_rested {took * 1e6 / RESTS:.6g} us")


def main():
    multiprocessing.set_start_method("fork")
    if sys.argv[3] == "executor":
        with ProcessPoolExecutor() as executor:
            measure(lambda: Future(executor.submit(echo, DATA)))
    else:
        with multiprocessing.Pool() as pool:
            measure(lambda: pool.apply_async(echo, (DATA,)))


if __name__ == "__main__":
    main()
