using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using ButlerRpc.Calls;
using Microsoft.Extensions.DependencyInjection;

namespace ButlerRpc.Hosting;

/// <summary>
/// Registers every contract that a type implements. The compiler put an attribute on each service interface that knows its type, so nothing is
/// constructed by reflection and nothing is lost to trimming.
/// </summary>
sealed class ContractFinder<TImplementation>(IServiceCollection services) : IContractVisitor
    where TImplementation : class
{
    int _found;

    public static void Register(
        IServiceCollection services, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.Interfaces)] Type implementation)
    {
        var finder = new ContractFinder<TImplementation>(services);
        finder.Meet(implementation);
        foreach (var contract in implementation.GetInterfaces())
            finder.Meet(contract);
        if (finder._found == 0)
        {
            throw new ArgumentException(
                $"BRPC: {implementation} implements no contract, so there is nothing to serve; " +
                "let it implement an interface that is marked [ButlerService] and is partial");
        }
    }

    public void Visit<T>()
        where T : class, IButlerContract<T>
    {
        _found++;
        services.AddSingleton<ServiceRegistration>(new ServiceRegistration<T, TImplementation>(services));
    }

    void Meet(Type type) => type.GetCustomAttribute<ButlerContractAttribute>(inherit: false)?.Accept(this);
}
