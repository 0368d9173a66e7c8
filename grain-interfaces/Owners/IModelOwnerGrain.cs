namespace PmOrleans.GrainInterfaces.Owners;

/// <summary>Owner of what all policies have learned.</summary>
[Alias("PmOrleans.ModelOwner")]
public interface IModelOwnerGrain : IOwnerGrain;
