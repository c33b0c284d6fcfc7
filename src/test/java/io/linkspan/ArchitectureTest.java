package io.linkspan;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between the packages point one way, and the cores stay pure. */
@AnalyzeClasses(packages = "io.linkspan", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule ARROWS_POINT_ONE_WAY =
      layeredArchitecture()
          .consideringOnlyDependenciesInAnyPackage("io.linkspan..")
          .withOptionalLayers(true)
          .layer("root")
          .definedBy("io.linkspan")
          .layer("api")
          .definedBy("io.linkspan.api..")
          .layer("protocol")
          .definedBy("io.linkspan.protocol..")
          .layer("methodchannel")
          .definedBy("io.linkspan.protocol", "io.linkspan.protocol.methodchannel..")
          .layer("translate")
          .definedBy("io.linkspan.translate..")
          .layer("connection")
          .definedBy("io.linkspan.connection..")
          .layer("session")
          .definedBy("io.linkspan.session..")
          .layer("routing")
          .definedBy("io.linkspan.routing..")
          .layer("transport")
          .definedBy("io.linkspan.transport..")
          .layer("upstream")
          .definedBy("io.linkspan.upstream..")
          .layer("ops")
          .definedBy("io.linkspan.ops..")
          .layer("cluster")
          .definedBy("io.linkspan.cluster..")
          .whereLayer("root")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("ops")
          .mayOnlyBeAccessedByLayers("root")
          .whereLayer("transport")
          .mayOnlyBeAccessedByLayers("root")
          .whereLayer("upstream")
          .mayOnlyBeAccessedByLayers("root")
          .whereLayer("cluster")
          .mayOnlyBeAccessedByLayers("root")
          .whereLayer("session")
          .mayOnlyBeAccessedByLayers("root", "ops", "transport", "cluster")
          .whereLayer("translate")
          .mayOnlyBeAccessedByLayers("root", "ops", "transport", "upstream")
          .whereLayer("routing")
          .mayOnlyBeAccessedByLayers("root", "session")
          .whereLayer("connection")
          .mayOnlyBeAccessedByLayers("root", "ops", "transport", "session", "upstream")
          // MethodChannel is part of the api, and the codec it needs knows nothing of ours.
          .whereLayer("api")
          .mayOnlyAccessLayers("methodchannel")
          .whereLayer("protocol")
          .mayNotAccessAnyLayer();

  @ArchTest
  static final ArchRule CORES_TOUCH_NO_WORLD =
      noClasses()
          .that()
          .resideInAPackage("io.linkspan.protocol..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.vertx.core",
              "io.vertx.core.eventbus..",
              "io.vertx.core.http..",
              "io.vertx.core.net..",
              "io.netty.channel..",
              "java.net..",
              "java.nio.channels..",
              "java.util.concurrent..",
              "org.slf4j..");

  @ArchTest
  static final ArchRule CORES_HAVE_NO_CLOCK =
      noClasses()
          .that()
          .resideInAPackage("io.linkspan.protocol..")
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.time.Clock");

  @ArchTest
  static final ArchRule NO_CYCLES = slices().matching("io.linkspan.(**)").should().beFreeOfCycles();
}
