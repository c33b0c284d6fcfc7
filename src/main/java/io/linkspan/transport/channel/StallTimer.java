package io.linkspan.transport.channel;

import io.netty.channel.Channel;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection whose peer takes nothing of a full output for some time. Used only on the
 * channel's event loop.
 */
final class StallTimer {

  private static final int SAMPLES = 4;

  private final Channel channel;
  private final OutputProgress output;
  private final Duration limit;
  private final Runnable onStall;
  private ScheduledFuture<?> timer;
  private int samplesWithoutProgress;

  StallTimer(Channel channel, OutputProgress output, Duration limit, Runnable onStall) {
    this.channel = channel;
    this.output = output;
    this.limit = limit;
    this.onStall = onStall;
  }

  /** Begins to observe an output that is not writable; does nothing while it is observed. */
  void start() {
    if (timer != null) {
      return;
    }
    samplesWithoutProgress = 0;
    output.moved();
    long sample = Math.max(1, limit.toMillis() / SAMPLES);
    timer =
        channel
            .eventLoop()
            .scheduleAtFixedRate(this::sample, sample, sample, TimeUnit.MILLISECONDS);
  }

  void stop() {
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  private void sample() {
    if (channel.isWritable()) {
      stop();
    } else if (output.moved()) {
      samplesWithoutProgress = 0;
    } else if (++samplesWithoutProgress >= SAMPLES) {
      stop();
      onStall.run();
    }
  }
}
