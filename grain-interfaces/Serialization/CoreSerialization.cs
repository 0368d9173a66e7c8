using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Serialization;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Serializers;

namespace PmOrleans.GrainInterfaces.Serialization;

/// <summary>Makes a silo or client carry the core's types.</summary>
public static class CoreSerialization
{
    public static IServiceCollection AddCoreSerialization(this IServiceCollection services)
    {
        services.AddSerializer(builder => builder.Configure(options => options.WellKnownTypeAliases["PmOrleans.Core"] = typeof(CoreCodec)));
        services.TryAddSingleton<WireSettings>();
        services.AddSingleton<CoreCodec>();
        services.AddSingleton<IGeneralizedCodec>(provider => provider.GetRequiredService<CoreCodec>());
        services.AddSingleton<ITypeFilter>(provider => provider.GetRequiredService<CoreCodec>());
        services.AddSingleton<IGeneralizedCopier, CoreCopier>();
        return services;
    }
}
