package io.linkspan.testing;

import java.util.Collections;
import java.util.Comparator;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.MethodOrdererContext;

/**
 * Runs the methods of each test class in an order drawn from a seed, which it prints. The build
 * draws a new seed each time; {@code -Dorder.seed} repeats an earlier order, also of one class
 * alone.
 */
public final class RandomOrder implements MethodOrderer {

  private static final long SEED = Long.getLong("order.seed", System.nanoTime());

  static {
    // Maven itself loads this class too, to list the tests for its forks.
    if (System.getProperty("maven.home") == null) {
      System.out.println(
          "The order of test methods is random; -Dorder.seed=" + SEED + " repeats it.");
    }
  }

  @Override
  public void orderMethods(MethodOrdererContext context) {
    var methods = context.getMethodDescriptors();
    methods.sort(Comparator.comparing(method -> method.getMethod().toGenericString()));
    Collections.shuffle(
        methods, new java.util.Random(SEED ^ context.getTestClass().getName().hashCode()));
  }
}
