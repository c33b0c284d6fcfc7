package io.linkspan.memory;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.internal.logging.InternalLoggerFactory;

/**
 * Ends the process when memory is exhausted: an event loop that has failed in the middle of its
 * work is not trusted with other clients. The JVM's own option {@code ExitOnOutOfMemoryError} does
 * not cover direct memory, whose error is thrown by Java code.
 */
public final class OutOfMemory {

  /** As with the JVM's option. */
  public static final int EXIT_CODE = 3;

  private static final int MAX_CAUSES = 16;

  private OutOfMemory() {}

  /**
   * Ends the process at an error that no other code catches, on any thread and in any task of
   * Netty. To be called before Netty is used.
   */
  public static void watchProcess() {
    InternalLoggerFactory.setDefaultFactory(new WatchedLoggers(OutOfMemory::endIf));
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> {
          endIf(failure);
          if (before == null) {
            System.err.println("thread " + thread.getName() + " failed");
            failure.printStackTrace();
          } else {
            before.uncaughtException(thread, failure);
          }
        });
  }

  /** Ends the process when the failure, or a cause of it, is that memory is exhausted. */
  public static void endIf(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
      if (cause instanceof OutOfMemoryError) {
        end(cause);
      }
      cause = cause.getCause();
    }
  }

  private static void end(Throwable error) {
    try {
      System.err.println("out of memory, the process ends: " + error.getMessage());
    } finally {
      // No hooks: they need memory.
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }

  /** Looks at the failures of a pipeline and of what is written to it; stands first in it. */
  @Sharable
  public static final class Watch extends ChannelDuplexHandler {

    /** The only one: it has no state. */
    public static final Watch INSTANCE = new Watch();

    private static final ChannelFutureListener WRITTEN = Watch::written;

    private Watch() {}

    private static void written(ChannelFuture outcome) {
      if (!outcome.isSuccess()) {
        endIf(outcome.cause());
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext source, Throwable failure) {
      endIf(failure);
      source.fireExceptionCaught(failure);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the writer has the promise
    public void write(ChannelHandlerContext source, Object message, ChannelPromise promise) {
      source.write(message, promise.isVoid() ? promise : promise.addListener(WRITTEN));
    }
  }
}
