// Java: threads that compute and sleep in turn. Its own (collector, compiler) are beside them.
// usage: java Mix.java TRUTH.JSON SECONDS THREADS COMPUTE_MS SLEEP_MS
import java.io.FileWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

public class Mix {
	static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
	static double compute, sleep;
	static long end;

	static synchronized void add(double cpu, double asleep) {
		compute += cpu;
		sleep += asleep;
	}

	static void live(double computeMs, double sleepMs) {
		int x = 1;
		double asleep = 0;
		while (System.nanoTime() < end) {
			long until = CLOCK.getCurrentThreadCpuTime() + (long) (computeMs * 1e6);
			while (computeMs > 0 && CLOCK.getCurrentThreadCpuTime() < until)
				for (int i = 0; i < 20000; i++)
					x = x * 1664525 + 1013904223;
			if (sleepMs > 0) {
				long began = System.nanoTime();
				try {
					Thread.sleep((long) sleepMs);
				} catch (InterruptedException e) {
					return;
				}
				asleep += (System.nanoTime() - began) * 1e-9;
			}
		}
		add(CLOCK.getCurrentThreadCpuTime() * 1e-9, asleep + (x == 0 ? 1e-9 : 0));
	}

	public static void main(String[] args) throws Exception {
		double seconds = Double.parseDouble(args[1]);
		int count = Integer.parseInt(args[2]);
		end = System.nanoTime() + (long) (seconds * 1e9);
		Thread[] threads = new Thread[count];
		for (int i = 0; i < count; i++) {
			threads[i] = new Thread(() -> live(Double.parseDouble(args[3]), Double.parseDouble(args[4])), "work-" + i);
			threads[i].start();
		}
		for (Thread t : threads)
			t.join();
		try (FileWriter f = new FileWriter(args[0])) {
			f.write("{\"named\": \"work-\", \"life\": " + seconds * count + ", \"seconds\": {\"compute\": " + compute
					+ ", \"timer\": " + sleep + "}}");
		}
	}
}
