// Each test brings up silos of its own: side by side on few processors they would take each other for dead.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
