package io.linkspan;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Handles {@code SIGHUP}, for which the JVM ends by default. The class of the JDK that does so is
 * used by reflection: the compiler warns of every direct use, and warnings are errors.
 */
final class HangUpSignal {

  private HangUpSignal() {}

  /**
   * Calls an action for each signal from now on, on a thread of its own.
   *
   * @return false when the signal cannot be handled here
   */
  static boolean handle(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler call =
          (self, method, arguments) ->
              switch (method.getName()) {
                case "handle" -> {
                  action.run();
                  yield null;
                }
                case "equals" -> self == arguments[0];
                case "hashCode" -> System.identityHashCode(self);
                default -> "SIGHUP";
              };
      Object proxy =
          Proxy.newProxyInstance(
              HangUpSignal.class.getClassLoader(), new Class<?>[] {handler}, call);
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), proxy);
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
