package io.linkspan.memory;

import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.Slf4JLoggerFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;

/**
 * Netty's loggers, which pass on the failures that Netty logs. Netty catches the errors of tasks on
 * an event loop, logs them and goes on, and nothing else shows them.
 */
@SuppressWarnings("deprecation") // its constructor, without which it cannot be extended
final class WatchedLoggers extends Slf4JLoggerFactory {

  private static final String TASKS = "io.netty.util.concurrent.";

  private final Consumer<Throwable> onFailure;

  /**
   * @param onFailure receives each failure that Netty logs
   */
  WatchedLoggers(Consumer<Throwable> onFailure) {
    this.onFailure = onFailure;
  }

  @Override
  public InternalLogger newInstance(String name) {
    InternalLogger logger = super.newInstance(name);
    return name.startsWith(TASKS) ? watched(logger) : logger;
  }

  private InternalLogger watched(InternalLogger logger) {
    return (InternalLogger)
        Proxy.newProxyInstance(
            InternalLogger.class.getClassLoader(),
            new Class<?>[] {InternalLogger.class},
            (proxy, method, arguments) -> {
              look(arguments);
              return call(logger, method, arguments);
            });
  }

  private void look(Object[] arguments) {
    Object last = arguments == null ? null : arguments[arguments.length - 1];
    if (last instanceof Object[] more && more.length > 0) {
      last = more[more.length - 1];
    }
    if (last instanceof Throwable failure) {
      onFailure.accept(failure);
    }
  }

  private static Object call(InternalLogger logger, Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(logger, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
